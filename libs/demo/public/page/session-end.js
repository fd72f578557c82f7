import { part } from './parts.js';

/** Ends the stream, if the streamer says so twice; the page then offers a new one, which its address names. */
export async function createSessionEnd(service, attempt) {
  const showEnd = () => {
    part('stream-over').hidden = false;
    part('end-session').hidden = true;
    part('open-goal').hidden = true;
  };

  part('end-session').addEventListener('click', () => {
    if (
      !confirm('End the stream? Its open goals are cancelled, and tickets for shows to come are given back.')
    )
      return;
    void attempt(async () => {
      await service.endSession();
      showEnd();
      part('new-session').focus();
    });
  });
  part('new-session').addEventListener('click', () =>
    attempt(async (key) => location.assign(`/demo?session=${await service.openSession(key)}`)),
  );

  await attempt(async () => {
    const { active } = await service.readSession();
    if (!active) showEnd();
  });
}
