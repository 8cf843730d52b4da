"""The ready set: queries for tables `orders`, `users`, `visits` and `products`, to be fitted to one's own."""

from __future__ import annotations

from collections.abc import Mapping

from collectors.definitions import parts

READY_SET = """
orders (days=yes) =
    select count(*) from orders
    where created_at >= :start and created_at < :end
revenue (unit=usd days=yes) =
    select coalesce(sum(amount), 0) from orders
    where created_at >= :start and created_at < :end
average_order (unit=usd) =
    select sum(amount) * 1.0 / nullif(count(*), 0) from orders
    where created_at >= :start and created_at < :end
conversion =
    select count(distinct user_id) * 1.0 / nullif(
      (select count(distinct user_id) from visits where at >= :start and at < :end), 0)
    from orders
    where created_at >= :start and created_at < :end
registrations =
    select count(*) from users
    where created_at >= :start and created_at < :end
active_users =
    select count(distinct user_id) from visits
    where at >= :start and at < :end
retention =
    select count(distinct user_id) * 1.0 / nullif(
      (select count(distinct user_id) from visits where at >= :before and at < :start), 0)
    from visits
    where at >= :start and at < :end
    and user_id in (select user_id from visits where at >= :before and at < :start)
churn =
    select count(distinct user_id) * 1.0 / nullif(
      (select count(distinct user_id) from visits where at >= :before and at < :start), 0)
    from visits
    where at >= :before and at < :start
    and user_id not in (select user_id from visits where at >= :start and at < :end)
low_stock =
    select count(*) from products where stock > 0 and stock < 10
out_of_stock =
    select count(*) from products where stock <= 0
stock_turnover =
    select (select count(*) from orders where created_at >= :start and created_at < :end) * 1.0
      / nullif(sum(stock), 0)
    from products
table running_low "Running low" (rows=10) =
    select name, stock from products where stock < 10 order by stock
"""
READY_QUERIES: Mapping[str, str] = {one.name: one.body for one in parts(READY_SET)}
