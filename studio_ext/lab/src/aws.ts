import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { JSONObject } from '@lumino/coreutils';

/** How each service's operations are addressed, by the service model's target prefix. */
const TARGETS = {
  sagemaker: 'SageMaker',
  logs: 'Logs_20140328',
  cloudwatch: 'GraniteServiceVersion20100801',
  'sagemaker-metrics': '' // its operations are paths
};

export type Service = keyof typeof TARGETS;

/** What the API refused, in its own words. */
export class AwsError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly operation: string,
    readonly status: number
  ) {
    super(message);
    this.name = 'AwsError';
  }
}

/** The AWS API through the Jupyter server, which signs for its user. */
export class Aws {
  constructor(
    private readonly _settings: ServerConnection.ISettings,
    private readonly _region: () => string
  ) {}

  /**
   * Calls an operation.
   *
   * @throws AwsError what the API refused; code `Unreachable` when nobody answered.
   */
  async call<T = JSONObject>(
    operation: string,
    input: object = {},
    service: Service = 'sagemaker'
  ): Promise<T> {
    const target = TARGETS[service];
    const url = URLExt.join(this._settings.baseUrl, 'studio', 'aws', target ? '' : operation);
    const request = {
      method: 'POST',
      headers: {
        'Content-Type': target ? 'application/x-amz-json-1.1' : 'application/json',
        ...(target ? { 'X-Amz-Target': `${target}.${operation}` } : {}),
        'X-Studio-Region': this._region()
      },
      body: JSON.stringify(input)
    };
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(url, request, this._settings);
    } catch (error) {
      throw new AwsError('Unreachable', String(error), operation, 0);
    }
    const text = await response.text();
    if (!response.ok) {
      throw refusal(operation, response.status, text);
    }
    return (text ? JSON.parse(text) : {}) as T;
  }
}

function refusal(operation: string, status: number, text: string): AwsError {
  let said: { __type?: string; message?: string; Message?: string } = {};
  try {
    said = JSON.parse(text);
  } catch {
    // Not the API's answer but a proxy's, or Jupyter's.
  }
  const code = (said.__type ?? `HTTP${status}`).replace(/^.*#/, '');
  return new AwsError(code, said.message ?? said.Message ?? text.slice(0, 300), operation, status);
}
