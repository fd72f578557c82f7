import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppConfig, notFound, Open } from '#platform';
import { RealtimeConfig } from '#realtime';
import { Controller, Get, Header, Param, Redirect, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { assetTable, publicFolder } from './assets.js';
import { type DemoFile, readDemoFile } from './demo-file.js';

/** What a page needs: ids, tokens, and the address of the Pusher server. */
export interface DemoConfig extends DemoFile {
  channels: { stream: string; viewer: string };
  pusher: { key: string; host?: string; port?: number; use_tls: boolean; cluster?: string } | null;
}

const HTML = 'text/html; charset=utf-8';
// Scripts and styles come from this server only; the Pusher server can have any address.
const POLICY = "default-src 'self'; connect-src *; img-src 'self' data:; base-uri 'none'; object-src 'none'";

/** The demo page, and the files and the configuration that it loads. */
@ApiExcludeController()
@Open()
@Controller()
export class DemoController {
  private readonly assets = assetTable();

  constructor(
    private readonly config: AppConfig,
    private readonly realtime: RealtimeConfig,
  ) {}

  /** Nothing else is at the root of a local start. */
  @Get()
  @Redirect('/demo')
  root(): void {}

  @Get('demo')
  @Header('content-type', HTML)
  @Header('content-security-policy', POLICY)
  @Header('cache-control', 'no-cache')
  demo(): Promise<string> {
    return readFile(join(publicFolder, 'page', 'index.html'), 'utf8');
  }

  @Get('demo/assets/:folder/:name')
  @Header('cache-control', 'no-cache')
  async asset(
    @Param('folder') folder: string,
    @Param('name') name: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer> {
    const asset = this.assets.get(`${folder}/${name}`);
    if (!asset) throw notFound('There is no such file.');
    void reply.header('content-type', asset.type);
    return readFile(asset.path);
  }

  @Get('demo/config.json')
  @Header('cache-control', 'no-store')
  async getConfig(): Promise<DemoConfig> {
    const { pusher, channels } = this.realtime;
    return {
      ...(await readDemoFile(this.config.demo?.file ?? '')),
      channels,
      pusher: pusher
        ? {
            key: pusher.key,
            host: pusher.host,
            port: pusher.port,
            use_tls: pusher.useTls,
            cluster: pusher.cluster,
          }
        : null,
    };
  }
}
