using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>-log softmax(input)[target], times the class's weight.</summary>
        public static CrossEntropyLoss CrossEntropyLoss(
            Tensor? weight = null,
            long? ignore_index = null,
            Reduction reduction = Reduction.Mean
        ) => new(weight, ignore_index, reduction);

        /// <summary>-input[target] of log-probabilities, times the class's weight.</summary>
        public static NLLLoss NLLLoss(Tensor? weight = null, Reduction reduction = Reduction.Mean) =>
            new(weight, reduction);

        /// <summary>-weight (target log input + (1 - target) log(1 - input)) of probabilities.</summary>
        public static BCELoss BCELoss(Tensor? weight = null, Reduction reduction = Reduction.Mean) =>
            new(weight, reduction);

        /// <summary>The binary cross entropy of sigmoid(input).</summary>
        public static BCEWithLogitsLoss BCEWithLogitsLoss(
            Tensor? weight = null,
            Reduction reduction = Reduction.Mean,
            Tensor? pos_weights = null
        ) => new(weight, reduction, pos_weights);

        /// <summary>(input - target)^2.</summary>
        public static MSELoss MSELoss(Reduction reduction = Reduction.Mean) => new(reduction);

        /// <summary>|input - target|.</summary>
        public static L1Loss L1Loss(Reduction reduction = Reduction.Mean) => new(reduction);

        /// <summary>d^2 / (2 beta) where d = |input - target| is below beta, else d - beta / 2.</summary>
        public static SmoothL1Loss SmoothL1Loss(Reduction reduction = Reduction.Mean, double beta = 1.0) =>
            new(reduction, beta);

        /// <summary>d^2 / 2 where d = |input - target| is below delta, else delta (d - delta / 2).</summary>
        public static HuberLoss HuberLoss(double delta = 1.0, Reduction reduction = Reduction.Mean) =>
            new(delta, reduction);

        /// <summary>The negative log-likelihood of counts under a Poisson distribution.</summary>
        public static PoissonNLLLoss PoissonNLLLoss(
            bool log_input = true,
            bool full = false,
            float eps = 1e-8f,
            Reduction reduction = Reduction.Mean
        ) => new(log_input, full, eps, reduction);

        /// <summary>
        /// The Kullback-Leibler divergence of the target from the input, which is log-probabilities.
        /// </summary>
        public static KLDivLoss KLDivLoss(bool log_target = true, Reduction reduction = Reduction.Mean) =>
            new(log_target, reduction);

        /// <summary>
        /// The negative log-likelihood under a normal distribution of given mean and variance.
        /// </summary>
        public static GaussianNLLLoss GaussianNLLLoss(
            bool full = false,
            float eps = 1e-8f,
            Reduction reduction = Reduction.Mean
        ) => new(full, eps, reduction);
    }
}
