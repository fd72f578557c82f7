import { type GoalStatus, goalStatuses, type GoalType, goalTypes } from '#contracts';
import { IfPresent, PageQuery } from '#platform';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn } from 'class-validator';

const types = Object.values(goalTypes);
const statuses = goalStatuses.filter((status) => status !== 'pending');

/** Query of a list of goals. */
export class GoalsQuery extends PageQuery {
  @ApiPropertyOptional({ enum: types })
  @IfPresent()
  @IsIn(types)
  goal_type?: GoalType;

  @ApiPropertyOptional({
    enum: statuses,
    description: 'a goal that is pending is in no list yet',
  })
  @IfPresent()
  @IsIn(statuses)
  status?: GoalStatus;
}
