# From the daily weather CSV: one line for each month, in the order of time.
# The mean temperature of a day is halfway between its highest and its lowest.
BEGIN {
  FS = ","
  print "year,month,days,precipitation_mm,wet_days,temp_mean_c,temp_max_c,temp_min_c"
}

NR == 1 { next }

{
  month = substr($1, 1, 7)
  if (month != current) {
    end_of_month()
    current = month
    days = rain = wet = mean = 0
    highest = $3 + 0
    lowest = $4 + 0
  }
  days++
  rain += $2
  wet += ($2 > 0)
  mean += ($3 + $4) / 2
  if ($3 > highest) highest = $3 + 0
  if ($4 < lowest) lowest = $4 + 0
}

END { end_of_month() }

function end_of_month() {
  if (current == "") return
  printf "%d,%d,%d,%.1f,%d,%.2f,%.1f,%.1f\n",
    substr(current, 1, 4), substr(current, 6, 2), days, rain, wet, mean / days, highest, lowest
}
