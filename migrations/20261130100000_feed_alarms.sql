-- How many minutes before an appointment a calendar program reminds of it; null: not at all.
alter table calendar_feeds
    add column alarm_minutes smallint check (alarm_minutes between 1 and 10080);
