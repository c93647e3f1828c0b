import type { ScheduleStore } from '../linkback/owner-ports.ts';
import type { Engine } from './engine.ts';

export function scheduleStore(engine: Engine, { now }: { readonly now: () => number }): ScheduleStore {
  return {
    takeTurn: (name, everyMs) =>
      engine.write(async (db) => {
        const at = now();
        const taken = await db
          .insertInto('schedule')
          .values({ name, done_at: at })
          .onConflict((conflict) =>
            conflict
              .column('name')
              .doUpdateSet({ done_at: at })
              // A turn that was taken long after now was taken by a clock that went wrong.
              .where((each) =>
                each.or([
                  each('schedule.done_at', '<=', at - everyMs),
                  each('schedule.done_at', '>', at + everyMs),
                ]),
              ),
          )
          .returning('name')
          .executeTakeFirst();
        return taken !== undefined;
      }),
    turnTakenAt: async (name) => {
      const row = await engine.db
        .selectFrom('schedule')
        .select('done_at')
        .where('name', '=', name)
        .executeTakeFirst();
      return row?.done_at;
    },
  };
}
