/** Has this process ask the DNS server of the tests, and find the hosts of `test.example` on this machine. */
const dns = require('node:dns');

dns.setServers([process.env.TEST_DNS]);
const { lookup } = dns;
dns.lookup = (host, ...others) => lookup(host.endsWith('.test.example') ? '127.0.0.1' : host, ...others);
