import type { TestService } from './service.js';

interface StoredRequest {
  operation_id: string;
  lease_until: number;
  response?: object;
}

/** Makes what is stored of the user's only request with a key look as if its response was never sent; returns its operation id. */
export async function unanswerRequest(
  service: TestService,
  userId: string,
  leaseMs: number,
): Promise<string> {
  const ofUser = Buffer.from(userId).toString('base64url');
  const found = (await service.keys()).filter((key) => key.includes(':idempotency:') && key.includes(ofUser));
  expect(found).toHaveLength(1);
  const { response, ...kept } = JSON.parse((await service.redis.get(found[0]!))!) as StoredRequest;
  expect(response).toBeDefined();
  await service.redis.set(found[0]!, JSON.stringify({ ...kept, lease_until: Date.now() + leaseMs }));
  return kept.operation_id;
}
