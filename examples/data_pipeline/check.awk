# Reads the daily weather CSV, complains of each bad row on standard error, and prints what it found as one JSON line.
# Exits with 1 if anything is wrong: no later step has to ask again whether a field is a number or a day is missing.
BEGIN {
  FS = ","
  header = "date,precipitation,temp_max,temp_min,wind,weather"
  number = "^-?[0-9]+([.][0-9]+)?$"
}

{ sub(/\r$/, "") }

NR == 1 {
  if ($0 != header) {
    printf "the columns are '%s', not '%s'\n", $0, header > "/dev/stderr"
    wrong_columns = 1
    exit
  }
  next
}

{
  why = reason()
  if (why != "") {
    printf "line %d: %s: %s\n", NR, why, $0 > "/dev/stderr"
    bad++
    next
  }
  rows++
  precipitation += $2
  if (rows == 1) first = $1
  last = $1
}

END {
  if (wrong_columns) exit 1
  printf "{\"rows\": %d, \"bad_rows\": %d, \"first_day\": \"%s\", \"last_day\": \"%s\", \"precipitation_mm\": %.1f}\n",
    rows, bad, first, last, precipitation
  if (bad > 0 || rows == 0) exit 1
}

# Why this row is bad; empty if it is not.
function reason(    i, day) {
  if (NF != 6) return NF " fields instead of 6"
  if ($1 !~ /^[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]$/) return "no date"
  for (i = 2; i <= 5; i++) if ($i !~ number) return "field " i " is no number"
  if ($2 < 0 || $5 < 0) return "less than no rain or wind"
  if ($3 < $4) return "the highest temperature is below the lowest"
  if ($6 !~ /^[a-z]+$/) return "no kind of weather"
  day = day_number($1)
  i = previous
  previous = day
  if (i != 0 && day != i + 1) return "not the day after the line before"
  return ""
}

# Days since some fixed day, by the Gregorian calendar. March comes first, so that the leap day is a year's last.
function day_number(date,    year, month, day) {
  year = substr(date, 1, 4) + 0
  month = substr(date, 6, 2) + 0
  day = substr(date, 9, 2) + 0
  if (month < 3) { month += 12; year-- }
  return 365 * year + int(year / 4) - int(year / 100) + int(year / 400) + int((153 * (month - 3) + 2) / 5) + day
}
