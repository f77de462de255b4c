-- A neutralised database never talks to NAV's and Altinn's production.

-- Nothing is fetched, asked or healed by itself.
UPDATE nav_connection
   SET state = 'paused', next_check_at = NULL, retry_at = NULL
 WHERE state IN ('active', 'waiting', 'reauthorise');

-- Requests for approval belong to the database that made them; here they are not followed.
UPDATE nav_system_user_request SET status = 'deleted', next_ask_at = NULL WHERE status = 'new';

-- Without a key there is no token. Test environments keep theirs.
DELETE FROM nav_maskinporten_key
 WHERE client_id IN (
       SELECT id
         FROM nav_maskinporten_client
        WHERE environment = 'production'
           OR (environment = 'custom'
               AND maskinporten_url ~* '^\s*https?://([^/@]*@)?([^/@:]+\.)?maskinporten\.no([:/?#]|\s*$)'
               AND maskinporten_url !~* '^\s*https?://([^/@]*@)?test\.maskinporten\.no([:/?#]|\s*$)')
);

-- What people are still to be told, the original tells them.
DELETE FROM nav_notice;

-- Follow-up plans belong to the original, too: nothing is asked about them, and their links are void.
UPDATE nav_followup_plan
   SET state = CASE WHEN state = 'sending' THEN 'unknown' ELSE state END,
       next_ask_at = NULL, link_hash = NULL, link_expires_at = NULL;

-- Monitoring watches the original.
DELETE FROM nav_health_token;
