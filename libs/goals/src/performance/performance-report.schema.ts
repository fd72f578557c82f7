import type { PerformanceState } from '#contracts';
import { Schema, type Types } from 'mongoose';

/** What an RTC server's relay reports of a show, as it is stored. */
export interface PerformanceReportRecord {
  goal_id: Types.ObjectId;
  /** The id of the report in its own system; a show counts each id once. */
  source_id: string;
  state: PerformanceState;
  at: Date;
  created_at: Date;
}

export const performanceReportSchema = new Schema<PerformanceReportRecord>(
  {
    goal_id: { type: Schema.Types.ObjectId, required: true },
    source_id: { type: String, required: true },
    state: { type: String, required: true },
    at: { type: Date, required: true },
    created_at: { type: Date, required: true },
  },
  { collection: 'performance_report', versionKey: false },
);
performanceReportSchema.index({ goal_id: 1, source_id: 1 }, { unique: true });

export const PERFORMANCE_REPORT_MODEL = 'PerformanceReport';
