import type { TestService } from './service.js';

interface KeptRequest {
  operation_id: string;
  lease_until: number;
  answer?: object;
}

/** Makes what is kept of the user's only request with a key look as if its answer never came; returns its operation id. */
export async function unanswerRequest(
  service: TestService,
  userId: string,
  leaseMs: number,
): Promise<string> {
  const ofUser = Buffer.from(userId).toString('base64url');
  const found = (await service.keys()).filter((key) => key.includes(':idempotency:') && key.includes(ofUser));
  expect(found).toHaveLength(1);
  const { answer, ...kept } = JSON.parse((await service.redis.get(found[0]!))!) as KeptRequest;
  expect(answer).toBeDefined();
  await service.redis.set(found[0]!, JSON.stringify({ ...kept, lease_until: Date.now() + leaseMs }));
  return kept.operation_id;
}
