/**
 * For so long a refusal is held back that its caller brought on itself: who asks again at once is slowed down, and takes
 * neither the processor nor the quota of the address from others behind the same one.
 */
const refusalMs = 500;

/** Resolves when an answer that is held back is to be given. */
export const heldBack = (ms: number): Promise<void> => new Promise((answer) => setTimeout(answer, ms));

/** Throws the refusal once its time has come. */
export async function refuseHeldBack(refusal: unknown): Promise<never> {
  await heldBack(refusalMs);
  throw refusal;
}
