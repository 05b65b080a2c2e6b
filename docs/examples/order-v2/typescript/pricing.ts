// What an order costs: large ones ship free.

const shipping = 5, freeFrom = 100;

export function shipsFree(order: { amount: number }): boolean {
  return order.amount >= freeFrom;
}

export function price(order: { amount: number }): number {
  return order.amount + (shipsFree(order) ? 0 : shipping);
}
