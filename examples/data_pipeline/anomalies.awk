# From the normals and then the months, both as CSV: what each month's precipitation was, what it usually is, and how far
# above or below that it was.
BEGIN {
  FS = ","
  print "year,month,precipitation_mm,normal_mm,anomaly_mm,anomaly_percent"
}

FNR == 1 { next }

FNR == NR { normal[$1] = $2; next }

{ printf "%d,%d,%.1f,%.1f,%.1f,%.0f\n", $1, $2, $4, normal[$2], $4 - normal[$2], 100 * ($4 / normal[$2] - 1) }
