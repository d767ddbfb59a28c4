namespace TorchSharp.Modules
{
    /// <summary>-log softmax(input)[target], times the class's weight.</summary>
    public sealed class CrossEntropyLoss : WeightedLoss<torch.Tensor, torch.Tensor, torch.Tensor>
    {
        /// <summary>The loss with these settings.</summary>
        public CrossEntropyLoss(
            torch.Tensor? weight = null,
            long? ignore_index = null,
            torch.nn.Reduction reduction = torch.nn.Reduction.Mean,
            double label_smoothing = 0.0
        )
            : base(weight, reduction)
        {
            this.ignore_index = ignore_index;
            this.label_smoothing = label_smoothing;
        }

        /// <summary>A class number whose elements count for nothing; null for -100.</summary>
        public long? ignore_index { get; }

        /// <summary>The share of the target that is spread over all classes.</summary>
        public double label_smoothing { get; }

        /// <summary>The loss of the input against the target.</summary>
        public override torch.Tensor forward(torch.Tensor input, torch.Tensor target) =>
            torch.nn.functional.cross_entropy(
                input,
                target,
                weight,
                ignore_index ?? -100,
                reduction,
                label_smoothing
            );
    }

    /// <summary>-input[target] of log-probabilities, times the class's weight.</summary>
    public sealed class NLLLoss : WeightedLoss<torch.Tensor, torch.Tensor, torch.Tensor>
    {
        /// <summary>The loss with these settings.</summary>
        public NLLLoss(torch.Tensor? weight = null, torch.nn.Reduction reduction = torch.nn.Reduction.Mean)
            : base(weight, reduction) { }

        /// <summary>The loss of the input against the target.</summary>
        public override torch.Tensor forward(torch.Tensor input, torch.Tensor target) =>
            torch.nn.functional.nll_loss(input, target, weight, reduction);
    }

    /// <summary>-weight (target log input + (1 - target) log(1 - input)) of probabilities.</summary>
    public sealed class BCELoss : WeightedLoss<torch.Tensor, torch.Tensor, torch.Tensor>
    {
        /// <summary>The loss with these settings.</summary>
        public BCELoss(torch.Tensor? weight = null, torch.nn.Reduction reduction = torch.nn.Reduction.Mean)
            : base(weight, reduction) { }

        /// <summary>The loss of the input against the target.</summary>
        public override torch.Tensor forward(torch.Tensor input, torch.Tensor target) =>
            torch.nn.functional.binary_cross_entropy(input, target, weight, reduction);
    }

    /// <summary>The binary cross entropy of sigmoid(input).</summary>
    public sealed class BCEWithLogitsLoss : WeightedLoss<torch.Tensor, torch.Tensor, torch.Tensor>
    {
        /// <summary>The loss with these settings.</summary>
        public BCEWithLogitsLoss(
            torch.Tensor? weight = null,
            torch.nn.Reduction reduction = torch.nn.Reduction.Mean,
            torch.Tensor? pos_weights = null
        )
            : base(weight, reduction)
        {
            if (pos_weights is not null)
                register_buffer(nameof(pos_weights), pos_weights.detach());
        }

        /// <summary>What the positive part of each class counts, or null; the loss's own handle.</summary>
        public torch.Tensor? pos_weights => OwnBuffer(nameof(pos_weights));

        /// <summary>The loss of the input against the target.</summary>
        public override torch.Tensor forward(torch.Tensor input, torch.Tensor target) =>
            torch.nn.functional.binary_cross_entropy_with_logits(
                input,
                target,
                weight,
                reduction,
                pos_weights
            );
    }
}
