/** What the plugin uses of Swagger UI; what comes from the document is an Immutable map or list. */
interface Immutable {
  getIn(path: string[]): unknown;
  find(holds: (item: Immutable) => boolean): Immutable | undefined;
  includes(value: unknown): boolean;
  toJS(): unknown;
}
type PathMethod = [path: string, method: string];
type ChangeParameter = (
  pathMethod: PathMethod,
  parameter: Immutable,
  value: unknown,
  ...rest: unknown[]
) => unknown;
type ShowExample = (change: {
  name: string;
  pathMethod: PathMethod;
  contextType: string;
  contextName: string;
}) => unknown;
interface System {
  specSelectors: {
    specJson(): Immutable;
    parameterWithMetaByIdentity(pathMethod: PathMethod, parameter: Immutable): Immutable;
  };
  specActions: { changeParamByIdentity: ChangeParameter };
  oas3Actions: {
    setRequestBodyValue(change: { pathMethod: PathMethod; value: string }): void;
    setActiveExamplesMember: ShowExample;
  };
}

/**
 * A plugin of Swagger UI for bodies whose form depends on a parameter: who chooses a value of it gets the example body of
 * that name, and who chooses an example gets the value. Its source is sent to the browser, so it uses nothing from outside.
 */
export function exampleByParameter() {
  const enumOf = (parameter: Immutable) => parameter.getIn(['schema', 'enum']) as Immutable | undefined;

  const changeParamByIdentity =
    (change: ChangeParameter, { specSelectors, oas3Actions }: System): ChangeParameter =>
    (pathMethod, parameter, value, ...rest) => {
      const outcome = change(pathMethod, parameter, value, ...rest);
      const body = ['paths', ...pathMethod, 'requestBody', 'content', 'application/json'];
      const place = [...body, 'examples', String(value), 'value'];
      const example = specSelectors.specJson().getIn(place) as Immutable | undefined;
      if (!enumOf(parameter) || !example) return outcome;
      oas3Actions.setRequestBodyValue({ pathMethod, value: JSON.stringify(example.toJS(), null, 2) });
      const shown = { contextType: 'requestBody', contextName: 'requestBody' };
      oas3Actions.setActiveExamplesMember({ name: String(value), pathMethod, ...shown });
      return outcome;
    };

  const setActiveExamplesMember =
    (show: ShowExample, { specSelectors, specActions }: System): ShowExample =>
    (change) => {
      const outcome = show(change);
      const { name, pathMethod, contextType } = change;
      if (contextType !== 'requestBody') return outcome;
      const place = ['paths', ...pathMethod, 'parameters'];
      const parameters = specSelectors.specJson().getIn(place) as Immutable | undefined;
      const parameter = parameters?.find((one) => enumOf(one)?.includes(name) ?? false);
      const isChosen = (one: Immutable) =>
        specSelectors.parameterWithMetaByIdentity(pathMethod, one).getIn(['value']) === name;
      if (parameter && !isChosen(parameter)) specActions.changeParamByIdentity(pathMethod, parameter, name);
      return outcome;
    };

  return {
    statePlugins: {
      spec: { wrapActions: { changeParamByIdentity } },
      oas3: { wrapActions: { setActiveExamplesMember } },
    },
  };
}
