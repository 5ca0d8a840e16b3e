import assert from "node:assert/strict";
import { parseCronSchedule } from "./cron-schedule.ts";
import { nextCronTime } from "./next-cron-time.ts";

/** From upstream's library's own table of answers, and ours for zones. */
const TABLE: readonly [schedule: string, zone: string, after: string, expected: string | undefined][] = [
  ["0/15 * * * *", "UTC", "2012-07-09T14:45:00Z", "2012-07-09T15:00:00Z"],
  ["0/15 * * * *", "UTC", "2012-07-09T14:59:59Z", "2012-07-09T15:00:00Z"],
  ["20-35/15 * * * *", "UTC", "2012-07-09T15:45:00Z", "2012-07-09T16:20:00Z"],
  ["*/15 1-3 * * *", "UTC", "2012-07-09T23:46:00Z", "2012-07-10T01:00:00Z"],
  ["* 10-12 * * *", "UTC", "2012-07-09T12:59:30Z", "2012-07-10T10:00:00Z"],
  ["0 0 9 apr-oct *", "UTC", "2012-07-09T23:35:51Z", "2012-08-09T00:00:00Z"],
  ["0 0 */5 aug,oct mon", "UTC", "2012-07-09T23:35:51Z", "2012-08-01T00:00:00Z"],
  ["0 0 * feb mon", "UTC", "2012-07-09T23:35:00Z", "2013-02-04T00:00:00Z"],
  ["0 0 29 feb ?", "UTC", "2012-07-09T23:35:00Z", "2016-02-29T00:00:00Z"],
  ["30 23 29 feb fri", "UTC", "2012-07-09T23:35:00Z", "2013-02-01T23:30:00Z"],
  ["0 0 30 feb ?", "UTC", "2012-07-09T23:35:00Z", undefined],
  ["30 8 1 1 *", "UTC", "2012-12-31T23:59:59Z", "2013-01-01T08:30:00Z"],
  ["@hourly", "UTC", "2012-07-09T14:00:00Z", "2012-07-09T15:00:00Z"],
  ["@weekly", "UTC", "2012-07-09T14:00:00Z", "2012-07-15T00:00:00Z"],
  ["@yearly", "UTC", "2012-07-09T14:00:00Z", "2013-01-01T00:00:00Z"],
  ["@every 1h30m", "UTC", "2012-07-09T14:00:00.5Z", "2012-07-09T15:30:00Z"],
  ["@every 1ms", "UTC", "2012-07-09T14:00:00Z", "2012-07-09T14:00:01Z"],
  ["30 9 * * *", "Asia/Tokyo", "2012-07-09T01:00:00Z", "2012-07-10T00:30:00Z"],
  ["TZ=Asia/Tokyo 30 9 * * *", "UTC", "2012-07-09T00:00:00Z", "2012-07-09T00:30:00Z"],
  ["0 0 * * *", "Asia/Kolkata", "2012-07-09T14:00:00Z", "2012-07-09T18:30:00Z"],
  // Clocks go forward at 2:00 on 11 March 2012, and back at 2:00 on 4 November.
  ["30 2 11 mar ?", "America/New_York", "2012-03-11T05:00:00Z", "2013-03-11T06:30:00Z"],
  ["0 * * * ?", "America/New_York", "2012-03-11T06:00:00Z", "2012-03-11T07:00:00Z"],
  ["0 1 * * *", "America/New_York", "2012-03-11T05:00:00Z", "2012-03-11T06:00:00Z"],
  ["0 * * * ?", "America/New_York", "2012-11-04T05:00:00Z", "2012-11-04T06:00:00Z"],
  ["0 3 * * *", "America/New_York", "2012-11-04T04:00:00Z", "2012-11-04T08:00:00Z"],
  // Midnight itself is skipped.
  ["0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00:00Z", "2018-11-05T02:00:00Z"],
];

describe("nextCronTime", () => {
  for (const [schedule, zone, after, expected] of TABLE)
    it(`${schedule} (${zone}) after ${after}`, () => {
      const next = nextCronTime(parseCronSchedule(schedule), Date.parse(after), zone);
      assert.equal(next && new Date(next).toISOString(), expected && new Date(expected).toISOString());
    });
});
