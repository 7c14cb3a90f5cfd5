merge into {{ ledger }}.run_lease as lease
using (select %(zone)s as zone, %(run_id)s as run_id, %(instead_of)s as instead_of) as asking
    on lease.zone = asking.zone
when matched and (
    lease.run_id = asking.run_id or lease.run_id = asking.instead_of or lease.ends_at <= sysdate()
) then
    update set
        taken_at = iff(lease.run_id = asking.run_id, lease.taken_at, sysdate()),
        alone_since = iff(lease.run_id = asking.run_id, lease.alone_since, null),
        run_id = asking.run_id,
        renewed_at = sysdate(),
        ends_at = dateadd(second, %(seconds)s, sysdate())
when not matched then
    insert (zone, run_id, taken_at, renewed_at, ends_at)
    values (asking.zone, asking.run_id, sysdate(), sysdate(), dateadd(second, %(seconds)s, sysdate()))
