using System.Text;
using TorchSharp.Modules;
using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            /// <summary>
            /// Writes the parameters and persistent buffers into a file of TorchSharp's own format: beside it
            /// first, then renamed, so that the file is either whole or as it was.
            /// </summary>
            /// <param name="location">The file to make or to replace; its folder exists.</param>
            /// <param name="skip">Names to leave out.</param>
            /// <returns>The module itself.</returns>
            /// <exception cref="IOException">The file cannot be written.</exception>
            public Module save(string location, IList<string>? skip = null)
            {
                WholeFile.Write(
                    location,
                    stream =>
                    {
                        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
                        save(writer, skip);
                    }
                );
                return this;
            }

            /// <summary>Writes the parameters and persistent buffers; the writer stays open.</summary>
            /// <inheritdoc cref="save(string, IList{string}?)" path="//param[@name='skip']|//returns"/>
            public Module save(BinaryWriter writer, IList<string>? skip = null)
            {
                save_state_dict(writer, state_dict(), skip);
                return this;
            }

            /// <summary>Writes the parameters and persistent buffers, and closes the stream.</summary>
            /// <inheritdoc cref="save(string, IList{string}?)" path="//param[@name='skip']|//returns"/>
            public Module save(Stream stream, IList<string>? skip = null)
            {
                using var writer = new BinaryWriter(stream);
                return save(writer, skip);
            }

            /// <summary>Writes tensors with their names, as <see cref="save(string, IList{string}?)"/> does.</summary>
            /// <param name="writer">Takes them; it stays open.</param>
            /// <param name="sd">The tensors by name.</param>
            /// <param name="skip">Names to leave out.</param>
            public static void save_state_dict(
                BinaryWriter writer,
                Dictionary<string, Tensor> sd,
                IList<string>? skip = null
            ) => ModuleFile.Write(writer, [.. sd.Where(entry => skip?.Contains(entry.Key) != true)]);

            /// <summary>
            /// Reads a file that <see cref="save(string, IList{string}?)"/> or TorchSharp wrote into the parameters
            /// and persistent buffers of the same names, in place; either all are read or none.
            /// </summary>
            /// <param name="location">The file.</param>
            /// <param name="strict">Whether a name that only one side has is an error.</param>
            /// <param name="skip">Names to leave alone, on both sides.</param>
            /// <param name="loadedParameters">
            /// Takes the file's names, each with whether the module has it.
            /// </param>
            /// <returns>The module itself.</returns>
            /// <exception cref="InvalidDataException">The file is damaged or another one.</exception>
            /// <exception cref="ArgumentException">
            /// The names differ where that is an error, or a tensor has another type or shape.
            /// </exception>
            /// <exception cref="IOException">The file cannot be read.</exception>
            public virtual Module load(
                string location,
                bool strict = true,
                IList<string>? skip = null,
                Dictionary<string, bool>? loadedParameters = null
            )
            {
                using var stream = File.OpenRead(location);
                return load(stream, strict, skip, loadedParameters);
            }

            /// <summary>
            /// Reads what <see cref="save(BinaryWriter, IList{string}?)"/> wrote; the reader stays open, behind it.
            /// </summary>
            /// <inheritdoc cref="load(string, bool, IList{string}?, Dictionary{string, bool}?)"/>
            public virtual Module load(
                BinaryReader reader,
                bool strict = true,
                IList<string>? skip = null,
                Dictionary<string, bool>? loadedParameters = null
            )
            {
                var own = state_dict();
                foreach (var name in skip ?? [])
                    own.Remove(name);
                var (names, tensors) = ModuleFile.Read(reader, own);
                try
                {
                    if (strict)
                        RequireSameNames(own.Keys, names.Except(skip ?? []));
                    using var unrecorded = no_grad();
                    foreach (var (name, tensor) in tensors)
                        Aten.Copy_.Run(own[name], tensor);
                }
                finally
                {
                    foreach (var tensor in tensors.Values)
                        tensor.Dispose();
                }
                if (loadedParameters is not null)
                {
                    var all = state_dict();
                    foreach (var name in names)
                        loadedParameters[name] = all.ContainsKey(name);
                }
                return this;
            }

            /// <summary>
            /// Reads what <see cref="save(Stream, IList{string}?)"/> wrote, and closes the stream.
            /// </summary>
            /// <inheritdoc cref="load(string, bool, IList{string}?, Dictionary{string, bool}?)"/>
            public Module load(
                Stream stream,
                bool strict = true,
                IList<string>? skip = null,
                Dictionary<string, bool>? loadedParameters = null
            )
            {
                using var reader = new BinaryReader(stream);
                return load(reader, strict, skip, loadedParameters);
            }

            /// <summary>A new module with the state of a file.</summary>
            /// <inheritdoc cref="load(string, bool, IList{string}?, Dictionary{string, bool}?)" path="//exception"/>
            public static Module Create<T>(string path)
                where T : Module, new() => new T().load(path);

            private void RequireSameNames(IEnumerable<string> own, IEnumerable<string> found)
            {
                var missing = own.Except(found).ToList();
                var unexpected = found.Except(own).ToList();
                if (missing.Count > 0 || unexpected.Count > 0)
                    throw new ArgumentException(
                        $"The file must have the names of {GetName()}; missing: [{string.Join(", ", missing)}], "
                            + $"unexpected: [{string.Join(", ", unexpected)}]. Nothing was loaded; "
                            + "pass strict: false to load the rest."
                    );
            }
        }
    }
}
