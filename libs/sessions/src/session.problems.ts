import { problemKind } from '#platform';

export const sessionNotFound = problemKind(404, 'session_not_found', 'There is no such session');
export const notYourSession = problemKind(403, 'not_your_session', 'The session belongs to another streamer');
export const sessionEnded = problemKind(409, 'session_ended', 'The session has ended');
