-- What sqlite3 does in the malloc benchmark: a table in memory, filled, indexed, joined, changed.
CREATE TABLE item(id INTEGER PRIMARY KEY, code INT, name TEXT, price REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 250000)
    INSERT INTO item SELECT i, i * 7919 % 50021, 'item number ' || (i % 977), i * 0.5 FROM n;
CREATE INDEX item_code ON item(code);
CREATE INDEX item_name ON item(name);
SELECT count(*) FROM (SELECT name, count(*), group_concat(code) FROM item GROUP BY name);
SELECT count(DISTINCT code) FROM item;
SELECT count(*) FROM item x JOIN item y ON x.code = y.id WHERE x.id < 60000;
UPDATE item SET name = name || '!' WHERE id % 5 = 0;
DELETE FROM item WHERE id % 3 = 0;
SELECT count(*) FROM (SELECT json_extract(json_object('code', code, 'name', name), '$.name') j FROM item ORDER BY j);
