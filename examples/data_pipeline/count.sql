-- What the database holds, as one JSON object, to be compared with what was extracted.
SELECT json_object(
  'rows', count(*),
  'first_day', min(date),
  'last_day', max(date),
  'precipitation_mm', round(sum(precipitation_mm), 1),
  'months', (SELECT count(*) FROM monthly),
  'days_in_months', (SELECT sum(days) FROM monthly),
  'years', (SELECT count(*) FROM yearly))
FROM daily;
