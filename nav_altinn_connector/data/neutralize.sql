-- A copy of the database never talks to NAV.
UPDATE nav_connection SET state = 'paused' WHERE state IN ('active', 'waiting', 'reauthorise');
