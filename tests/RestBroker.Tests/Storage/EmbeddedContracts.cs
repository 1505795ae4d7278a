using RestBroker.Tests.Contract;

namespace RestBroker.Tests.Storage;

public sealed class EmbeddedTopicContract : TopicContract<EmbeddedEngine>;

public sealed class EmbeddedProduceContract : ProduceContract<EmbeddedEngine>;

public sealed class EmbeddedFetchContract : FetchContract<EmbeddedEngine>;

public sealed class EmbeddedWaitContract : WaitContract<EmbeddedEngine>;

public sealed class EmbeddedOffsetContract : OffsetContract<EmbeddedEngine>;

public sealed class EmbeddedKeyContract : KeyContract<EmbeddedEngine>;

public sealed class EmbeddedProducerContract : ProducerContract<EmbeddedEngine>;
