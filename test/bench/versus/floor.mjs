export async function floor() {
  return {};
}
