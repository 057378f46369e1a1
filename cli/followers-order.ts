import { listOrderSchema } from '../functions/admin/schemas.ts';
import { oneOf } from './values.ts';

/** By when they followed. */
export const order = oneOf(listOrderSchema.options);
