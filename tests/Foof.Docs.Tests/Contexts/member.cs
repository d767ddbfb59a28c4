using Foof;
using Foof.Modules;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

// What the examples of the reference assume, under the names that they use. They are members, not
// variables: an example may have variables of the same names.
abstract class Given
{
    protected int i => 0;
    protected Tensor images { get; } = randn(200, 3);
    protected Tensor labels { get; } = arange(200).remainder(2);
    protected Tensor trainInputs => images;
    protected Tensor trainLabels => labels;
    protected Tensor testInputs => images;
    protected Tensor testLabels => labels;
    protected Tensor validationInputs => images;
    protected Tensor validationLabels => labels;
    protected Tensor firstImages => images;
    protected Tensor firstLabels => labels;
    protected Tensor secondImages => images;
    protected Tensor secondLabels => labels;
    protected Tensor masks => images > 0;
    protected Tensor tokens => randn(2, 5, 128);
    protected Tensor rows => randn(2, 28, 28);
    protected Tensor labelsOfTask => labels + 2;
    protected (Tensor Images, Tensor Labels)[] batches => [(images, labels), (images, labels)];
    protected (Tensor Input, Tensor? Target)[] trainingBatches => [(images, labels)];
    protected (Tensor Input, Tensor Target)[] validationBatches => [(images, labels)];

    protected Linear head { get; } = nn.Linear(5, 4);
    protected Sequential model { get; }
    protected Tensor loss => nn.functional.cross_entropy(model.call(images), labels);
    protected Tensor probabilities => model.call(images).softmax(1).detach();

    protected CurvatureOptimizer optimizer { get; }
    protected IReadOnlyList<EpochSummary> epochs => [new(1, 0.5, TimeSpan.FromSeconds(1))];
    protected CurvatureMatrix curvature => field ??= CurvatureMatrix.Fisher(model, Loss.CrossEntropy, images);
    protected Tensor[] gradient => curvature.Gradient(images, labels);
    protected LaplacePosterior posterior => field ??= LaplacePosterior.Fit(model, Loss.CrossEntropy, trainingBatches);

    protected Given()
    {
        model = nn.Sequential(("hidden", nn.Linear(3, 5)), ("tanh", nn.Tanh()), ("head", head));
        optimizer = new FoofOptimizer(model);
    }
}
