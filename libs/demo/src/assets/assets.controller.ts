import { notFound, Open } from '#platform';
import { Controller, Get, Header, Param, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { readFile } from 'node:fs/promises';
import { assetTable } from './asset-table.js';

/** Scripts, styles and pictures of the pages. */
@ApiExcludeController()
@Open()
@Controller('demo/assets')
export class AssetsController {
  private readonly table = assetTable();

  @Get(':folder/:name')
  @Header('cache-control', 'no-cache')
  async get(
    @Param('folder') folder: string,
    @Param('name') name: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer> {
    const asset = this.table.get(`${folder}/${name}`);
    if (!asset) throw notFound('There is no such file.');
    void reply.header('content-type', asset.type);
    return readFile(asset.path);
  }
}
