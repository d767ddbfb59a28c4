namespace TorchSharp.Modules;

/// <summary>A module without parameters, buffers and children.</summary>
public interface IParameterLessModule;

/// <summary>A module with one input that has nothing to learn or to move.</summary>
public abstract class ParameterLessModule<T1, TResult> : torch.nn.Module<T1, TResult>, IParameterLessModule
{
    /// <summary>A module called <paramref name="name"/>.</summary>
    protected ParameterLessModule(string name)
        : base(name) { }
}

/// <summary>A module with two inputs that has nothing to learn or to move.</summary>
public abstract class ParameterLessModule<T1, T2, TResult>
    : torch.nn.Module<T1, T2, TResult>,
        IParameterLessModule
{
    /// <summary>A module called <paramref name="name"/>.</summary>
    protected ParameterLessModule(string name)
        : base(name) { }
}
