/** The parts of the xmlrpc package that we use: its codec, and neither its server nor its client. */

declare module 'xmlrpc/lib/deserializer.js' {
  type Source = {
    setEncoding(encoding: string): void;
    on(event: string, listener: (error: Error) => void): void;
    pipe(parser: { end(text: string): void }): void;
  };
  export default class Deserializer {
    constructor(encoding?: string);
    deserializeMethodCall(
      source: Source,
      callback: (error: Error | null, method?: string, params?: unknown[]) => void,
    ): void;
    deserializeMethodResponse(source: Source, callback: (error: Error | null, value?: unknown) => void): void;
  }
}

declare module 'xmlrpc/lib/serializer.js' {
  const serializer: {
    serializeMethodCall(method: string, params: readonly unknown[], encoding?: string): string;
    serializeMethodResponse(value: unknown): string;
    serializeFault(fault: { readonly faultCode: number; readonly faultString: unknown }): string;
  };
  export default serializer;
}

declare module 'xmlrpc/lib/customtype.js' {
  type Element = { ele(name: string): Element; txt(text: string): Element };
  export default class CustomType {
    constructor(raw: unknown);
    raw: unknown;
    serialize(xml: Element): Element;
  }
}
