import { AppConfig, Open } from '#platform';
import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { type DemoFile, readDemoFile } from './demo-file.js';

/** What a page needs to know: who it speaks for, and where its Pusher server is. */
export interface DemoConfig extends DemoFile {
  channels: { stream: string; viewer: string };
  pusher: { key: string; host?: string; port?: number; use_tls: boolean; cluster?: string } | null;
}

/** Hands the pages their ids and tokens. */
@ApiExcludeController()
@Open()
@Controller('demo/config.json')
export class ConfigController {
  constructor(private readonly config: AppConfig) {}

  @Get()
  @Header('cache-control', 'no-store')
  async get(): Promise<DemoConfig> {
    const { demo, pusher, channels } = this.config;
    return {
      ...(await readDemoFile(demo?.file ?? '')),
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
