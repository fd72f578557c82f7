import { Open } from '#platform';
import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { publicFolder } from './assets/folders.js';

const html = 'text/html; charset=utf-8';
// Scripts and styles come from here alone; the Pusher server may be anywhere.
const policy = "default-src 'self'; connect-src *; img-src 'self' data:; base-uri 'none'; object-src 'none'";

/** The two pages. */
@ApiExcludeController()
@Open()
@Controller()
export class PagesController {
  @Get('demo')
  @Header('content-type', html)
  @Header('content-security-policy', policy)
  @Header('cache-control', 'no-cache')
  demo(): Promise<string> {
    return page('page');
  }

  @Get('overlay/:session_id')
  @Header('content-type', html)
  @Header('content-security-policy', policy)
  @Header('cache-control', 'no-cache')
  overlay(): Promise<string> {
    return page('overlay');
  }
}

function page(folder: string): Promise<string> {
  return readFile(join(publicFolder, folder, 'index.html'), 'utf8');
}
