# Draws an SVG from lines `year|month|precipitation in mm|mean temperature in °C|normal precipitation in mm or empty`, in the
# order of time: bars for precipitation (left axis), a line for temperature (right axis), a short stroke for the normal.
BEGIN {
  FS = "|"
  width = 1200; height = 560
  left = 72; right = width - 72; top = 104; bottom = height - 76
  blue = "#4a90c4"; orange = "#e0662b"; ink = "#26323c"; grey = "#75828c"; rule = "#dfe5ea"
  split("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec", name, " ")
}

{
  n++
  year[n] = $1; month[n] = $2; rain[n] = $3; warmth[n] = $4; normal[n] = $5
  if (rain[n] > most) most = rain[n]
  if ($5 != "") { normals++; if ($5 + 0 > most) most = $5 + 0 }
  if (n == 1 || warmth[n] > hottest) hottest = warmth[n]
  if (n == 1 || warmth[n] < coldest) coldest = warmth[n]
}

END {
  if (n == 0) { print "nothing to draw" > "/dev/stderr"; exit 1 }
  rain_step = 50
  lines = ceiling(most / rain_step)
  # As many steps on the right as on the left, so that both axes share their grid.
  base = coldest < 0 ? -5 * ceiling(-coldest / 5) : 0
  warmth_step = 5
  while (base + lines * warmth_step < hottest) warmth_step += 5
  slot = (right - left) / n
  open_svg()
  draw_years()
  draw_grid()
  draw_bars()
  draw_line()
  draw_legend()
  print "</svg>"
}

function ceiling(x) { return int(x) == x ? x : int(x) + 1 }
function y_rain(mm) { return bottom - mm / (lines * rain_step) * (bottom - top) }
function y_warmth(c) { return bottom - (c - base) / (lines * warmth_step) * (bottom - top) }
function middle(i) { return left + (i - 0.5) * slot }

function text(x, y, anchor, size, colour, words, more) {
  printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%d\" fill=\"%s\"%s>%s</text>\n",
    x, y, anchor, size, colour, more, words
}

function open_svg() {
  printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\"", width, height, width, height
  print " role=\"img\" font-family=\"'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif\">"
  printf "<title>Seattle, %d to %d: precipitation and mean temperature by month</title>\n", year[1], year[n]
  printf "<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n", width, height
  text(left, 42, "start", 24, ink, "Weather in Seattle, " year[1] "\342\200\223" year[n], " font-weight=\"bold\"")
  text(left, 66, "start", 14, grey, "Precipitation and mean temperature of each month. Source: NOAA")
}

# A band behind every other year, its months' initials and its number below.
function draw_years(    i, first) {
  first = 1
  for (i = 1; i <= n; i++) {
    text(middle(i), bottom + 18, "middle", 11, grey, substr(name[month[i] + 0], 1, 1))
    if (i < n && year[i + 1] == year[i]) continue
    if (++bands % 2 == 1)
      printf "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"#f4f7f9\"/>\n",
        left + (first - 1) * slot, top, (i - first + 1) * slot, bottom - top
    text((middle(first) + middle(i)) / 2, bottom + 42, "middle", 15, ink, year[i], " font-weight=\"bold\"")
    first = i + 1
  }
}

function draw_grid(    i, y) {
  for (i = 0; i <= lines; i++) {
    y = y_rain(i * rain_step)
    printf "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n", left, right, y, y, i == 0 ? grey : rule
    text(left - 10, y + 4, "end", 12, grey, i * rain_step)
    text(right + 10, y + 4, "start", 12, grey, base + i * warmth_step)
  }
  text(left - 10, top - 14, "end", 12, blue, "mm", " font-weight=\"bold\"")
  text(right + 10, top - 14, "start", 12, orange, "\302\260C", " font-weight=\"bold\"")
}

function draw_bars(    i, y) {
  for (i = 1; i <= n; i++) {
    y = y_rain(rain[i])
    printf "<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"1.5\" fill=\"%s\">",
      middle(i) - slot * 0.34, y, slot * 0.68, bottom - y, blue
    printf "<title>%s %d: %.1f mm, %.1f \302\260C</title></rect>\n", name[month[i] + 0], year[i], rain[i], warmth[i]
  }
  for (i = 1; i <= n; i++) {
    if (normal[i] == "") continue
    y = y_rain(normal[i])
    printf "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"2\"/>\n",
      middle(i) - slot * 0.46, middle(i) + slot * 0.46, y, y, ink
  }
}

# A white edge keeps the line readable where it crosses the bars.
function draw_line(    i, points) {
  for (i = 1; i <= n; i++) points = points sprintf("%.1f,%.1f ", middle(i), y_warmth(warmth[i]))
  sub(/ $/, "", points)
  printf "<polyline points=\"%s\" fill=\"none\" stroke=\"#ffffff\" stroke-width=\"5\" stroke-linejoin=\"round\"/>\n", points
  printf "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2.5\" stroke-linejoin=\"round\"/>\n", points, orange
  for (i = 1; i <= n; i++)
    printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"#ffffff\" stroke=\"%s\" stroke-width=\"2\"/>\n",
      middle(i), y_warmth(warmth[i]), orange
}

function draw_legend(    x) {
  x = right - (normals > 0 ? 462 : 280)
  printf "<rect x=\"%d\" y=\"33\" width=\"14\" height=\"14\" rx=\"1.5\" fill=\"%s\"/>\n", x, blue
  text(x + 20, 45, "start", 13, ink, "precipitation")
  if (normals > 0) {
    x += 124
    printf "<line x1=\"%d\" x2=\"%d\" y1=\"40\" y2=\"40\" stroke=\"%s\" stroke-width=\"2\"/>\n", x, x + 20, ink
    text(x + 27, 45, "start", 13, ink, "normal (1981\342\200\2232010)")
    x += 60
  }
  x += 124
  printf "<line x1=\"%d\" x2=\"%d\" y1=\"40\" y2=\"40\" stroke=\"%s\" stroke-width=\"2.5\"/>\n", x, x + 22, orange
  printf "<circle cx=\"%d\" cy=\"40\" r=\"3\" fill=\"#ffffff\" stroke=\"%s\" stroke-width=\"2\"/>\n", x + 11, orange
  text(x + 29, 45, "start", 13, ink, "mean temperature")
}
