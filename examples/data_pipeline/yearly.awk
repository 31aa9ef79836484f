# From the daily weather CSV: one line for each year, in the order of time: its sums and its extremes.
# A dry spell is a run of days without precipitation; one over New Year counts, to its end, in the year in which it ends.
BEGIN {
  FS = ","
  print "year,days,precipitation_mm,wet_days,hottest_c,hottest_day,coldest_c,coldest_day,windiest_m_s,windiest_day,longest_dry_spell_days"
}

NR == 1 { next }

{
  year = substr($1, 1, 4)
  if (year != current) {
    end_of_year()
    current = year
    days = rain = wet = longest = 0
    hottest = $3 - 1; coldest = $4 + 1; windiest = -1
  }
  days++
  rain += $2
  wet += ($2 > 0)
  dry = $2 > 0 ? 0 : dry + 1
  if (dry > longest) longest = dry
  if ($3 > hottest) { hottest = $3 + 0; hottest_day = $1 }
  if ($4 < coldest) { coldest = $4 + 0; coldest_day = $1 }
  if ($5 > windiest) { windiest = $5 + 0; windiest_day = $1 }
}

END { end_of_year() }

function end_of_year() {
  if (current == "") return
  printf "%d,%d,%.1f,%d,%.1f,%s,%.1f,%s,%.1f,%s,%d\n",
    current, days, rain, wet, hottest, hottest_day, coldest, coldest_day, windiest, windiest_day, longest
}
