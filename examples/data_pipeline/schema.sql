-- The tables, column by column as in the CSV files. What the checks refuse, .import reports, and `verify` then misses.
CREATE TABLE daily (
  date             TEXT PRIMARY KEY,
  precipitation_mm REAL NOT NULL CHECK (precipitation_mm >= 0),
  temp_max_c       REAL NOT NULL,
  temp_min_c       REAL NOT NULL CHECK (temp_min_c <= temp_max_c),
  wind_m_s         REAL NOT NULL CHECK (wind_m_s >= 0),
  weather          TEXT NOT NULL
);

CREATE TABLE monthly (
  year             INTEGER,
  month            INTEGER CHECK (month BETWEEN 1 AND 12),
  days             INTEGER NOT NULL,
  precipitation_mm REAL NOT NULL,
  wet_days         INTEGER NOT NULL,
  temp_mean_c      REAL NOT NULL,
  temp_max_c       REAL NOT NULL,
  temp_min_c       REAL NOT NULL,
  PRIMARY KEY (year, month)
);

CREATE TABLE yearly (
  year                   INTEGER PRIMARY KEY,
  days                   INTEGER NOT NULL,
  precipitation_mm       REAL NOT NULL,
  wet_days               INTEGER NOT NULL,
  hottest_c              REAL NOT NULL,
  hottest_day            TEXT NOT NULL REFERENCES daily,
  coldest_c              REAL NOT NULL,
  coldest_day            TEXT NOT NULL REFERENCES daily,
  windiest_m_s           REAL NOT NULL,
  windiest_day           TEXT NOT NULL REFERENCES daily,
  longest_dry_spell_days INTEGER NOT NULL
);

CREATE TABLE kinds (
  year    INTEGER,
  weather TEXT,
  days    INTEGER NOT NULL,
  PRIMARY KEY (year, weather)
);

CREATE TABLE anomalies (
  year             INTEGER,
  month            INTEGER,
  precipitation_mm REAL NOT NULL,
  normal_mm        REAL NOT NULL,
  anomaly_mm       REAL NOT NULL,
  anomaly_percent  INTEGER NOT NULL,
  PRIMARY KEY (year, month)
);
