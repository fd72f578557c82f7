import { ApiIdParam, idSchema } from '#platform';
import { ApiProperty } from '@nestjs/swagger';
import type { OverlayTokenRecord } from './overlay-token.schema.js';

const anyOverlay = '0123456789abcdef01234570';
const exampleToken = `gpo_${'A'.repeat(75)}`;
const time = { format: 'date-time', example: '2026-09-21T14:13:20.000Z' };

/** Documents the id of an overlay token in the path. */
export const ApiOverlayId = () => ApiIdParam('overlay_id', anyOverlay);

export class OverlayTokenDto {
  @ApiProperty(idSchema(anyOverlay)) overlay_id: string;
  @ApiProperty({ ...time, description: 'when it was made' }) created_at: string;
  @ApiProperty({ example: '0123456789abcdef01234569', description: 'the user who made it' })
  created_by: string;
  @ApiProperty({
    ...time,
    type: String,
    nullable: true,
    example: null,
    description: 'a day after the end of the session; null while it runs',
  })
  expires_at: string | null;
}

export class NewOverlayTokenDto extends OverlayTokenDto {
  @ApiProperty({ example: exampleToken, description: 'shown in this answer alone' }) token: string;
  @ApiProperty({
    format: 'uri',
    example: `https://goalpost.example/overlay?token=${exampleToken}`,
    description: 'the address of the overlay, for a browser source',
  })
  url: string;
}

export class OverlayTokenPageDto {
  @ApiProperty({ type: [OverlayTokenDto] }) items: OverlayTokenDto[];
  @ApiProperty({ type: String, nullable: true, example: null }) next_cursor: string | null;
}

/** A token as answers show it: without the token. */
export function toOverlayToken(
  { _id, created_at, created_by }: OverlayTokenRecord,
  expiresAt: Date | undefined,
) {
  return {
    overlay_id: _id.toHexString(),
    created_at: created_at.toISOString(),
    created_by,
    expires_at: expiresAt?.toISOString() ?? null,
  } satisfies OverlayTokenDto;
}
