using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        /// <summary>Adagrad, of one group.</summary>
        public static Modules.Adagrad Adagrad(
            IEnumerable<Parameter> parameters,
            double lr = 1e-2,
            double lr_decay = 0,
            double weight_decay = 0,
            double initial_accumulator_value = 0,
            double eps = 1e-10
        ) => new(parameters, lr, lr_decay, weight_decay, initial_accumulator_value, eps);

        /// <summary>Adagrad, of one group of named parameters.</summary>
        public static Modules.Adagrad Adagrad(
            IEnumerable<(string name, Parameter parameter)> parameters,
            double lr = 1e-2,
            double lr_decay = 0,
            double weight_decay = 0,
            double initial_accumulator_value = 0,
            double eps = 1e-10
        ) =>
            new(
                parameters.Select(named => named.parameter),
                lr,
                lr_decay,
                weight_decay,
                initial_accumulator_value,
                eps
            );

        /// <summary>Adagrad, of several groups.</summary>
        public static Modules.Adagrad Adagrad(
            IEnumerable<Modules.Adagrad.ParamGroup> parameters,
            double lr = 1e-2,
            double lr_decay = 0,
            double weight_decay = 0,
            double initial_accumulator_value = 0,
            double eps = 1e-10
        ) => new(parameters, lr, lr_decay, weight_decay, initial_accumulator_value, eps);
    }
}
