import TestRunner from 'jest-runner';

/** Jest finishes the files of one runner before it begins those of another; this one has a single worker. */
export default class OneAtATime extends TestRunner {
  constructor(globalConfig, context) {
    super({ ...globalConfig, maxWorkers: 1 }, context);
  }
}
