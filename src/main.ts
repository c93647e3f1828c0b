import './runtime.ts';
import { serve } from './serving.ts';

await serve();
