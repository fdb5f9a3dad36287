-- Every list is found through an index, whatever it is filtered by. The indexes of paged lists hold all that a
-- page is chosen by, so that the rows before it are skipped, and all are counted, without reading a record.

DROP INDEX IF EXISTS calls_of_seller;
DROP INDEX IF EXISTS calls_of_customer;
DROP INDEX IF EXISTS calls_unanswered;
CREATE INDEX IF NOT EXISTS calls_listed_of_seller
    ON video_calls (seller, created_at, id, status, call_type, customer);
CREATE INDEX IF NOT EXISTS calls_listed_of_customer
    ON video_calls (customer, created_at, id, status, call_type, seller);
CREATE INDEX IF NOT EXISTS calls_unfinished ON video_calls (ring_until, call_id)
    WHERE status IN ('initiated', 'ringing', 'accepted');
CREATE INDEX IF NOT EXISTS calls_by_age ON video_calls (created_at);
DROP INDEX IF EXISTS orders_of_user;
CREATE INDEX IF NOT EXISTS orders_of_user_by_shop ON orders (user_id, shop_id);

DROP INDEX IF EXISTS rooms_of_dealer;
DROP INDEX IF EXISTS rooms_of_technician;
CREATE INDEX IF NOT EXISTS rooms_of_dealer_by_other ON chat_rooms (dealer_email, technician_email);
CREATE INDEX IF NOT EXISTS rooms_of_technician_by_other ON chat_rooms (technician_email, dealer_email);
DROP INDEX IF EXISTS call_logs_of_room;
CREATE INDEX IF NOT EXISTS call_logs_listed ON call_logs (room_id, started_at);
CREATE INDEX IF NOT EXISTS call_logs_by_age ON call_logs (started_at);
CREATE INDEX IF NOT EXISTS chat_messages_by_age ON chat_messages (created_at);

DROP INDEX IF EXISTS marketplace_conversations;
DROP INDEX IF EXISTS marketplace_sent;
DROP INDEX IF EXISTS marketplace_received;
DROP INDEX IF EXISTS marketplace_unread;
CREATE INDEX IF NOT EXISTS marketplace_listed ON marketplace_messages (conversation, created_at, id);
CREATE INDEX IF NOT EXISTS marketplace_sent_to ON marketplace_messages (sender, receiver, conversation);
CREATE INDEX IF NOT EXISTS marketplace_received_from ON marketplace_messages (receiver, sender, conversation);
CREATE INDEX IF NOT EXISTS marketplace_unread_of ON marketplace_messages (receiver, conversation)
    WHERE is_read = 0;
-- Calls and shared screens.
CREATE INDEX IF NOT EXISTS marketplace_calls_placed ON marketplace_messages (sender, created_at, id, type)
    WHERE status IS NOT NULL;
CREATE INDEX IF NOT EXISTS marketplace_calls_received
    ON marketplace_messages (receiver, created_at, id, type, sender) WHERE status IS NOT NULL;
CREATE INDEX IF NOT EXISTS marketplace_by_age ON marketplace_messages (created_at);

CREATE INDEX IF NOT EXISTS hearth_initiated ON hearth_sessions (initiator, session_id);
DROP INDEX IF EXISTS hearth_invited;
DROP INDEX IF EXISTS hearth_participated;
CREATE INDEX IF NOT EXISTS hearth_invited_to ON hearth_invitees (user, session);
CREATE INDEX IF NOT EXISTS hearth_participated_in ON hearth_participants (user, session);
DROP INDEX IF EXISTS hearth_open_sessions;
CREATE INDEX IF NOT EXISTS hearth_unfinished ON hearth_sessions (created_at) WHERE status <> 'ended';
CREATE INDEX IF NOT EXISTS hearth_unfinished_of_therapy ON hearth_sessions (therapy, created_at)
    WHERE status <> 'ended';
CREATE INDEX IF NOT EXISTS hearth_sessions_by_age ON hearth_sessions (created_at);
DROP INDEX IF EXISTS hearth_therapy_by_user;
CREATE INDEX IF NOT EXISTS hearth_therapy_of_user ON hearth_therapy_people (user, therapy);
CREATE INDEX IF NOT EXISTS hearth_chat_by_age ON hearth_therapy_chat (at);

DROP INDEX IF EXISTS clinic_appointments_of_practitioner;
DROP INDEX IF EXISTS clinic_appointments_of_patient;
CREATE INDEX IF NOT EXISTS clinic_listed_of_practitioner ON clinic_appointments
    (practitioner_id, starts_at, id, ends_at, status, patient_id, created_at, name);
CREATE INDEX IF NOT EXISTS clinic_listed_of_patient ON clinic_appointments
    (patient_id, starts_at, id, ends_at, status, created_at, name);
CREATE INDEX IF NOT EXISTS clinic_appointments_by_age ON clinic_appointments (ends_at)
    WHERE status IN ('Completed', 'Cancelled', 'NoShow');
CREATE INDEX IF NOT EXISTS clinic_rooms_occupied ON clinic_rooms (appointment_id)
    WHERE practitioner_joined OR patient_joined;

CREATE INDEX IF NOT EXISTS ended_accounts_by_time ON ended_accounts (before);
