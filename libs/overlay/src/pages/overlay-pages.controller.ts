import { notFound, Open } from '#platform';
import { type PusherConfig, RealtimeConfig } from '#realtime';
import { Controller, Get, Header, Param, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OverlayConfig } from '../overlay.config.js';
import { pageFiles, publicFolder } from './page-files.js';

/** The overlay, the studio and the files that they load. The pages hold nothing of anybody; what they read needs a token. */
@ApiExcludeController()
@Open()
@Controller('overlay')
export class OverlayPagesController {
  private readonly files = pageFiles();
  private readonly policy: string;

  constructor({ frameAncestors, transport }: OverlayConfig, { pusher }: RealtimeConfig) {
    const connectTo = transport === 'pusher' && pusher ? `'self' ${originOf(pusher)}` : "'self'";
    this.policy =
      "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; " +
      `connect-src ${connectTo}; ` +
      "frame-src 'self'; base-uri 'none'; form-action 'self'; object-src 'none'; " +
      `frame-ancestors ${frameAncestors}`;
  }

  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('cache-control', 'no-cache')
  overlay(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    return this.page('overlay', reply);
  }

  @Get('studio')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('cache-control', 'no-cache')
  studio(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    return this.page('studio', reply);
  }

  /** The style sheet of a font that comes in many files, which it names by its own folder. */
  @Get('assets/:name')
  @Header('cache-control', 'max-age=60')
  styleSheet(@Param('name') name: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<Buffer> {
    return this.file(name, reply);
  }

  @Get('assets/:folder/:name')
  @Header('cache-control', 'max-age=60')
  asset(
    @Param('folder') folder: string,
    @Param('name') name: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer> {
    return this.file(`${folder}/${name}`, reply);
  }

  private async file(path: string, reply: FastifyReply): Promise<Buffer> {
    const file = this.files.get(path);
    if (!file) throw notFound('There is no such file.');
    void reply.header('content-type', file.type);
    return readFile(file.path);
  }

  private page(name: string, reply: FastifyReply): Promise<string> {
    void reply.header('content-security-policy', this.policy);
    // The policy says it; this older header knows no list of pages.
    void reply.removeHeader('x-frame-options');
    return readFile(join(publicFolder, name, 'index.html'), 'utf8');
  }
}

/** Where pusher-js connects to. */
function originOf({ host, port, useTls, cluster }: PusherConfig): string {
  const scheme = useTls ? 'wss' : 'ws';
  if (!host) return `${scheme}://ws-${cluster ?? '*'}.pusher.com`;
  return `${scheme}://${host}${port === undefined ? '' : `:${port}`}`;
}
