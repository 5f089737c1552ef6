export type * from './api-types.ts';
export { type ClientAssets, readClientAssets } from './server/client-assets.ts';
export { createDashboardServer, type DashboardOptions } from './server/create-dashboard-server.ts';
export type { PlannedStage } from './server/run-view.ts';
