"""Whether anybody was told anything twice, or for no reason: PostgreSQL itself takes down what each
transaction tells, and what it marks as told. What is undone leaves nothing behind here either."""

from __future__ import annotations

# What waits to be told (nav.notice), what is written of it, what a note counts as told of, and the
# activities that ask somebody for something.
REMEMBER = """
    CREATE TABLE IF NOT EXISTS chaos_told (tx xid8, user_id int, occasion text, content text);
    CREATE TABLE IF NOT EXISTS chaos_written (tx xid8, user_id int, failed bool);
    CREATE TABLE IF NOT EXISTS chaos_message (tx xid8, message int);
    CREATE TABLE IF NOT EXISTS chaos_marked (tx xid8, note int, mark text);
    CREATE TABLE IF NOT EXISTS chaos_asked
        (user_id int, model text, record int, type int, summary text, due date);
    CREATE OR REPLACE FUNCTION chaos_remember() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE tx xid8 := pg_current_xact_id();
        BEGIN
            IF TG_ARGV[0] = 'told' THEN
                INSERT INTO chaos_told VALUES (tx, NEW.user_id, NEW.occasion, NEW.content::text);
            ELSIF TG_ARGV[0] = 'written' THEN
                INSERT INTO chaos_written VALUES (tx, OLD.user_id, coalesce(OLD.failures, 0) > 0);
            ELSIF TG_ARGV[0] = 'message' THEN
                INSERT INTO chaos_message VALUES (tx, NEW.id);
            ELSIF TG_ARGV[0] = 'marked' THEN
                IF NEW.told_as IS DISTINCT FROM OLD.told_as THEN
                    INSERT INTO chaos_marked VALUES (tx, NEW.id, NEW.told_as);
                END IF;
                IF NEW.told_problem IS DISTINCT FROM OLD.told_problem THEN
                    INSERT INTO chaos_marked VALUES (tx, NEW.id, NEW.told_problem);
                END IF;
            ELSE
                INSERT INTO chaos_asked VALUES (NEW.user_id, NEW.res_model, NEW.res_id,
                    NEW.activity_type_id, NEW.summary, NEW.date_deadline);
            END IF;
            RETURN NULL;
        END $$;
    CREATE OR REPLACE TRIGGER chaos_told AFTER INSERT ON nav_notice
        FOR EACH ROW EXECUTE FUNCTION chaos_remember('told');
    CREATE OR REPLACE TRIGGER chaos_written AFTER DELETE ON nav_notice
        FOR EACH ROW EXECUTE FUNCTION chaos_remember('written');
    CREATE OR REPLACE TRIGGER chaos_message AFTER INSERT ON mail_message
        FOR EACH ROW WHEN (NEW.message_type = 'user_notification' AND NEW.model IS NULL)
        EXECUTE FUNCTION chaos_remember('message');
    CREATE OR REPLACE TRIGGER chaos_marked AFTER UPDATE ON nav_sick_note
        FOR EACH ROW EXECUTE FUNCTION chaos_remember('marked');
    CREATE OR REPLACE TRIGGER chaos_asked AFTER INSERT ON mail_activity
        FOR EACH ROW WHEN (NEW.res_model LIKE 'nav.%' AND NEW.res_model != 'nav.connection')
        EXECUTE FUNCTION chaos_remember('asked');
"""

# Messages by the transaction that wrote them, and whom they are for.
_MESSAGES = """
    SELECT m.tx, u.id AS user_id, count(DISTINCT m.message) AS messages
      FROM chaos_message m
      JOIN mail_notification p ON p.mail_message_id = m.message
      JOIN res_users u ON u.partner_id = p.res_partner_id
     GROUP BY 1, 2
"""
_WRITTEN = """
    SELECT tx, user_id, count(*) FILTER (WHERE failed) AS failed,
           count(*) FILTER (WHERE NOT failed) AS others
      FROM chaos_written GROUP BY 1, 2
"""

# {what is wrong: rows that must not be there}
CHECKS = {
    "told twice of one occasion": """
        SELECT user_id, occasion, count(*) FROM chaos_told GROUP BY 1, 2 HAVING count(*) > 1
    """,
    # A note is told in the transaction that marks it as told: each telling takes one more mark.
    "told without a note that is new": """
        SELECT user_id, tx, t.told, coalesce(m.marks, 0)
          FROM (SELECT tx, user_id, count(*) AS told FROM chaos_told
                 WHERE occasion LIKE 'notes:%' OR occasion LIKE 'problems:%' GROUP BY 1, 2) t
          LEFT JOIN (SELECT tx, count(*) AS marks FROM chaos_marked GROUP BY 1) m USING (tx)
         WHERE t.told > coalesce(m.marks, 0)
    """,
    "a note told twice": """
        SELECT note, mark, count(*) FROM chaos_marked
         WHERE mark IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1
    """,
    # What has failed before is written alone, all else in one message.
    "more messages than what there was to write": f"""
        SELECT user_id, tx, m.messages, w.failed, w.others
          FROM ({_MESSAGES}) m LEFT JOIN ({_WRITTEN}) w USING (tx, user_id)
         WHERE m.messages > coalesce(w.failed + least(w.others, 1), 0)
    """,
    "dropped without a message": f"""
        SELECT user_id, tx, w.failed, w.others
          FROM ({_WRITTEN}) w LEFT JOIN ({_MESSAGES}) m USING (tx, user_id)
         WHERE m.messages IS NULL
    """,
    "still to be told": "SELECT user_id, occasion FROM nav_notice",
    "asked twice for the same": """
        SELECT user_id, model, record, type, summary, due, count(*)
          FROM chaos_asked GROUP BY 1, 2, 3, 4, 5, 6 HAVING count(*) > 1
    """,
}
# How many messages one person has at most.
MOST_MESSAGES = """
    SELECT coalesce(max(messages), 0)
      FROM (SELECT count(DISTINCT p.mail_message_id) AS messages
              FROM mail_notification p JOIN mail_message g ON g.id = p.mail_message_id
             WHERE g.message_type = 'user_notification' AND g.model IS NULL
             GROUP BY p.res_partner_id) of_each
"""
