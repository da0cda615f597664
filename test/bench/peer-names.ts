/** Peers from PyPI; each has a folder in peers/. */
export const PEER_NAMES = ['pytriton', 'kserve', 'mlserver', 'ray', 'bentoml', 'litserve', 'mosec'] as const;
export type PeerName = (typeof PEER_NAMES)[number];
