import { toObjectId, type Transaction } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import type { Report } from '../goal/performance.js';
import { PERFORMANCE_REPORT_MODEL, type PerformanceReportRecord } from './performance-report.schema.js';

/** All reads and writes of the collection `performance_report`, each in a transaction. */
@Injectable()
export class PerformanceReportStore {
  constructor(
    @InjectModel(PERFORMANCE_REPORT_MODEL) private readonly reports: Model<PerformanceReportRecord>,
  ) {}

  /** The report of this source, or null if there is none. */
  find(goalId: string, sourceId: string, transaction: Transaction): Promise<Report | null> {
    return this.reports
      .findOne({ goal_id: toObjectId(goalId), source_id: sourceId }, { _id: 0, state: 1, at: 1 })
      .session(transaction)
      .lean<Report>();
  }

  /** Adds a report. Throws a duplicate key error if its source is known by now. */
  async add(
    goalId: string,
    report: Omit<PerformanceReportRecord, 'goal_id'>,
    transaction: Transaction,
  ): Promise<void> {
    await this.reports.collection.insertOne(
      { goal_id: toObjectId(goalId), ...report },
      { session: transaction },
    );
  }

  /** All reports of a show. One that was ahead of our clock counts from when it came. */
  async all(goalId: string, transaction: Transaction): Promise<Report[]> {
    const reports = await this.reports
      .find({ goal_id: toObjectId(goalId) }, { _id: 0, state: 1, at: 1, created_at: 1 })
      .session(transaction)
      .lean<Pick<PerformanceReportRecord, 'state' | 'at' | 'created_at'>[]>();
    return reports.map(({ state, at, created_at }) => ({ state, at: notAfter(created_at, at) }));
  }
}

/** A moment, or the bound if it is later. */
export const notAfter = (bound: Date, moment: Date): Date => (moment > bound ? bound : moment);
