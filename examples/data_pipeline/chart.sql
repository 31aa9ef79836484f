-- What chart.awk draws: year|month|precipitation|mean temperature|normal precipitation.
SELECT year, month, precipitation_mm, temp_mean_c, normal_mm
FROM monthly LEFT JOIN anomalies USING (year, month, precipitation_mm)
ORDER BY year, month;
