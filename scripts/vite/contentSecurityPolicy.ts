import type { Plugin } from 'vite';
import { META_CONTENT_SECURITY_POLICY } from '../securityHeaders.mjs';

/** Writes the policy into the built page, so that it holds on hosts that send no headers. */
export function contentSecurityPolicy(): Plugin {
  return {
    name: 'flipbook:content-security-policy',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: () => [
        {
          tag: 'meta',
          attrs: {
            'http-equiv': 'Content-Security-Policy',
            content: META_CONTENT_SECURITY_POLICY,
          },
          injectTo: 'head-prepend',
        },
      ],
    },
  };
}
