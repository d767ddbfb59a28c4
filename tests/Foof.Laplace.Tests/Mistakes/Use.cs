using static TorchSharp.torch;

namespace Foof.Laplace.Tests.Mistakes;

/// <summary>Something that a user does with a model and a batch.</summary>
internal static class Use
{
    internal static IReadOnlyDictionary<string, Action<Mistake>> All { get; } =
        new Dictionary<string, Action<Mistake>>
        {
            ["FOOF's step"] = mistake =>
            {
                using var optimizer = new FoofOptimizer(mistake.Model);
                optimizer.Step(mistake.Input!, mistake.Target!).Dispose();
            },
            ["FOOF's step after others"] = mistake =>
            {
                using var optimizer = new FoofOptimizer(mistake.Model);
                optimizer.WarmUp([rand(6, 3)]);
                optimizer.UpdateCurvature(rand(6, 3));
                optimizer.Step(mistake.Input!, mistake.Target!).Dispose();
            },
            ["K-FAC's step"] = mistake =>
            {
                using var optimizer = new KfacOptimizer(mistake.Model);
                optimizer.Step(mistake.Input!, mistake.Target!).Dispose();
            },
            ["The core's step"] = mistake =>
            {
                var recipe = Methods.kfacStandard;
                using var optimizer = new Optimizer(mistake.Model, recipe, Likelihood.Categorical, 0.1, 0.9, 0);
                optimizer.Step(mistake.Input!, mistake.Target!).Loss.Dispose();
            },
            ["Fisher"] = mistake =>
                CurvatureMatrix
                    .Fisher(
                        mistake.Model,
                        Loss.CrossEntropy,
                        mistake.Input!,
                        mistake.Target,
                        new() { FisherType = FisherType.Empirical }
                    )
                    .Dispose(),
            ["Laplace"] = mistake =>
                LaplacePosterior.Fit(mistake.Model, Loss.CrossEntropy, [(mistake.Input!, mistake.Target!)]).Dispose(),
            ["Jacobian"] = mistake => Jacobian.factor(Of(mistake), mistake.Input!),
            ["Hessian"] = mistake =>
                LinearOperatorModule.hessian(Of(mistake), new(mistake.Input!, mistake.Target!)).Product(Ones(mistake)),
            ["Gauss-Newton"] = mistake =>
                LinearOperatorModule.gaussNewton(Of(mistake), mistake.Input!).Product(Ones(mistake)),
        };

    private static Problem Of(Mistake mistake) => Problem.OfModel(mistake.Model, Likelihood.Categorical);

    private static Layer[] Layers(Mistake mistake) => Of(mistake).Layers;

    private static Tensor[] Ones(Mistake mistake) =>
        [.. Layers(mistake).Select(layer => ones(LayerModule.outputs(layer), LayerModule.inputs(layer)))];
}
