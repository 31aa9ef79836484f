# From `month,precipitation_inches`, as published: `month,precipitation_mm` in the file `out`. Prints what it did, in the
# attempt numbered `attempt`, as one JSON line, and exits with 1 unless there are all twelve months.
BEGIN { FS = "," }

{ sub(/\r$/, "") }

FNR == 1 { print "month,precipitation_mm" > out; next }

$1 == FNR - 1 && $2 ~ /^[0-9]+[.]?[0-9]*$/ {
  months++
  printf "%d,%.1f\n", $1, $2 * 25.4 > out
}

END {
  if (months != 12) {
    printf "%d good months instead of 12\n", months > "/dev/stderr"
    exit 1
  }
  printf "{\"months\": %d, \"source\": \"%s\", \"attempt\": %d}\n", months, FILENAME, attempt
}
