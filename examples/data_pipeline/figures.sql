-- The key figures, as one JSON object of sentences' ends.
SELECT json_object(
  'hottest day', (SELECT format('%s, %.1f °C', hottest_day, hottest_c) FROM yearly ORDER BY hottest_c DESC LIMIT 1),
  'coldest night', (SELECT format('%s, %.1f °C', coldest_day, coldest_c) FROM yearly ORDER BY coldest_c LIMIT 1),
  'wettest month', (SELECT format('%d-%02d, %.1f mm, %+d %% of normal', year, month, precipitation_mm, anomaly_percent)
                    FROM anomalies ORDER BY precipitation_mm DESC LIMIT 1),
  'wettest year', (SELECT format('%d, %.0f mm', year, precipitation_mm) FROM yearly ORDER BY precipitation_mm DESC LIMIT 1),
  'longest dry spell', (SELECT format('%d days, %d', longest_dry_spell_days, year)
                        FROM yearly ORDER BY longest_dry_spell_days DESC LIMIT 1),
  'sunny days', (SELECT format('%d of %d', sum(days) FILTER (WHERE weather = 'sun'), sum(days)) FROM kinds));
