// What an order costs. All modules are part of the bundle: a change here makes another version.

const shipping = 5;

export function price(order: { amount: number }): number {
  return order.amount + shipping;
}
